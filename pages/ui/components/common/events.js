// By these names the components of a page, each a script of its own, speak to one another through the window.

export const ACK = "handful-ack"; // this much is committed
export const WAKE = "handful-wake"; // the whole page should run
export const POINTS = "handful-points"; // points of the map have come
export const ROWS = "handful-rows"; // rows of the sheet have come, or more of their texts
export const SAID = "handful-said"; // answers to questions of the sheet
