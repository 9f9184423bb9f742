"""Single operations beside those of other libraries."""


def rows(options):
    return []
