// By these names the components of a page, each a script of its own, speak to one another through the window.

export const ACK = "handful-ack"; // this much is committed
export const WAKE = "handful-wake"; // the whole page should run
export const POINTS = "handful-points"; // points of the map have come
