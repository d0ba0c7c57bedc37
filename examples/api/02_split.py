"""Split a dataset into train, validation and test parts with different people."""

import ferfusion as fer

data = fer.Dataset("work/data")
print(data.split(validation=0.2, test=0.2, seed=0))
