// RetortNN
