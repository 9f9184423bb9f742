// Retort
