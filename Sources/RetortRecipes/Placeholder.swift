// RetortRecipes
