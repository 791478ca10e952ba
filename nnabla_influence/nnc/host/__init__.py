"""How Neural Network Console finds plugins, starts them and reads what they say."""
