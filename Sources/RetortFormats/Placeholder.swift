// RetortFormats
