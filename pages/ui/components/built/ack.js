// Made by `make scripts` from common/ack.js and what it imports: change those, not this file.
// sha256 597e7428172f3a14753615520e55a3c4b4d5a46a80cd768e0368ca9efc2e816b of build.js package.json common/ack.js common/events.js and of what follows
// common/events.js
var ACK = "handful-ack";

// common/ack.js
var ack_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(ACK, { detail: data }));
};
export {
  ack_default as default
};
