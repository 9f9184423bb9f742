// RetortCore
