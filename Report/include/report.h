#pragma once

/// The style sheet of a run's page, but for its colours.
const char *retort_report_style(void);
/// The script of a run's page, which does not need it to be read.
const char *retort_report_script(void);
