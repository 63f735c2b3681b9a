//! Connectors against real files and emulators.

#[cfg(test)]
mod hubspot_bench;
#[cfg(test)]
mod hubspot_canned;
#[cfg(test)]
mod hubspot_conformance;
#[cfg(test)]
mod hubspot_inspect;
#[cfg(test)]
mod hubspot_reads;
#[cfg(test)]
mod hubspot_writes;
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
