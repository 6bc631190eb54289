// Made by `make scripts` from common/ack.js and what it imports: change those, not this file.
// sha256 f119e7f580c8443d35c1d2defa2fa1cbcf1997e11fd1110d5552c7f8f4e03326 of build.js package.json common/ack.js common/events.js and of what follows
// common/events.js
var ACK = "handful-ack";

// common/ack.js
var ack_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(ACK, { detail: data }));
};
export {
  ack_default as default
};
