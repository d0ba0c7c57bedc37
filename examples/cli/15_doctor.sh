#!/bin/sh
# Check the installation; a line fixes each fault.
ferfusion doctor
