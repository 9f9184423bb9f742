// RetortData
