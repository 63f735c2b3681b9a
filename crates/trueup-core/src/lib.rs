//! Decides what should change: values in, values out, no I/O.
