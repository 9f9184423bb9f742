// RetortDistillation
