"""Language models that answer in a dialogue's place."""
