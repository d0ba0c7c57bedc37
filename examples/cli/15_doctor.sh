#!/bin/sh
# What of the installation works, and the line that fixes what does not.
ferfusion doctor
