// Made by `make scripts` from common/ack.js and what it imports: change those, not this file.
// sha256 82f213162725284d3a2ed21e35f81baedfe1b52ea65048dd0913aadcea4c701b of build.js package.json common/ack.js common/events.js and of what follows
// common/events.js
var ACK = "handful-ack";

// common/ack.js
var ack_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(ACK, { detail: data }));
};
export {
  ack_default as default
};
