// Embeds the style and the scripts of a run's page; no logic.
#include "report.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char style[] = {
#embed "report.css"
    , 0};
static const char script[] = {
#embed "base.js"
    ,
#embed "chart.js"
    ,
#embed "group.js"
    ,
#embed "page.js"
    , 0};

const char *retort_report_style(void) { return style; }
const char *retort_report_script(void) { return script; }
