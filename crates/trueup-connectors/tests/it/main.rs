//! Connectors against real files and emulators.

#[cfg(test)]
mod xlsx_book;
#[cfg(test)]
mod xlsx_cells;
#[cfg(test)]
mod xlsx_child;
#[cfg(test)]
mod xlsx_hostile;
#[cfg(test)]
mod xlsx_sheet;
#[cfg(test)]
mod xlsx_source;
