"""Train, validation and test parts with their own people."""

import ferfusion as fer

data = fer.Dataset("work/data")
print(data.split(validation=0.2, test=0.2, seed=0))
