//! Tables of invented names. Towns and streets are made up; they only sound like Colorado.

/// First names; 64, so no common factor with the last names.
pub(super) const FIRST_NAMES: [&str; 64] = [
    "Ada", "Alba", "Amos", "Anders", "Beatriz", "Bodil", "Boone", "Briar", "Calla", "Casimir", "Cleo",
    "Corwin", "Dagny", "Delphine", "Dov", "Eben", "Edda", "Elio", "Esme", "Ezra", "Fenna", "Fiora",
    "Gideon", "Greta", "Hale", "Hollis", "Ida", "Imre", "Ingrid", "Ivo", "Jamila", "Jens", "José", "Juno",
    "Kaia", "Keir", "Lark", "Leda", "Linus", "Lotte", "Mabel", "Magnus", "Marisol", "Milo", "Nadia",
    "Nell", "Niko", "Noor", "Odette", "Orin", "Otis", "Petra", "Quill", "Ramón", "Ria", "Rosa", "Rufus",
    "Saskia", "Selma", "Silas", "Tamsin", "Theo", "Ursa", "Wren",
];

/// Last names; 81.
pub(super) const LAST_NAMES: [&str; 81] = [
    "Abernathy", "Aldous", "Alvarado", "Ambler", "Ashdown", "Ballard", "Barlow", "Bexley", "Birchall",
    "Bramley", "Brightwater", "Caldera", "Carrow", "Chisholm", "Colfax", "Corrigan", "Dalby", "Danvers",
    "Delacroix", "Drummond", "Eastman", "Ellery", "Fairweather", "Farrow", "Fenwick", "Finch", "Galloway",
    "Garrick", "Glenn", "Granger", "Halloran", "Harrow", "Hathaway", "Holloway", "Ibarra", "Ingram",
    "Jessup", "Kestrel", "Kimball", "Lachlan", "Larkspur", "Lindgren", "Lockwood", "Lovell", "Marchetti",
    "Mercer", "Merriweather", "Moreau", "Müller", "Nakamura", "Nash", "Norwood", "Núñez", "O'Neil",
    "Oakes", "Okafor", "Ostrander", "Pemberton", "Pike", "Prescott", "Quigley", "Radcliffe", "Redfern",
    "Rowntree", "Sandoval", "Sayer", "Sorrel", "Stroud", "Sutter", "Talbot", "Thackeray", "Thorne",
    "Underhill", "Vance", "Vidal", "Wainwright", "Weatherby", "Whitlock", "Yarrow", "Yoder", "Zimmer",
];

/// Towns with their zip code; none ends as a street does.
pub(super) const TOWNS: [(&str, &str); 12] = [
    ("Pinebrook", "80446"), ("Elk Hollow", "80447"), ("Granite Lake", "80451"), ("Lake Marian", "80459"),
    ("Hidden Falls", "80468"), ("Aspen Springs", "80478"), ("Moose Junction", "80482"),
    ("Silver Meadow", "80442"), ("Three Forks", "80423"), ("Columbine Park", "80435"),
    ("Ute Crossing", "80443"), ("St. Verena", "80424"),
];

/// Streets.
pub(super) const STREETS: [&str; 16] = [
    "Moose Meadow Ln", "Upper Lodgepole Rd", "County Road 491", "Grand Ave", "Kingfisher Ct",
    "Old Ferry Rd", "Larkspur Dr", "Timber Ridge Trl", "Mill Creek Rd", "Snowbank Cir", "Marmot Way",
    "Lower Basin Dr", "Trapper Pl", "Quarry Rd", "Blue Spruce Ln", "Prospector Ave",
];

/// What people put behind a town when they paste half an address.
pub(super) const SUFFIXES: [&str; 3] = [
    "Rd", "Ave", "Trl",
];
