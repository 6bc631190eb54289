// Made by `make scripts` from common/ack.js and what it imports: change those, not this file.
// sha256 1a657598b89b8b30c95928c80a795368ba5bf31c771a3eba1ec611d934da34ce of build.js package.json common/ack.js common/events.js and of what follows
// common/events.js
var ACK = "handful-ack";

// common/ack.js
var ack_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(ACK, { detail: data }));
};
export {
  ack_default as default
};
