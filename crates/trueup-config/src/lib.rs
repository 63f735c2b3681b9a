//! Turns a configuration file into a Setup, or into errors that name line, column and fix.
