// Made by `make scripts` from sheet/said.js and what it imports: change those, not this file.
// sha256 3e979fd122ba893d4579054f459066cd1d91bb0b845a1c0218870cdb650fd970 of build.js package.json common/events.js sheet/said.js and of what follows
// common/events.js
var SAID = "handful-said";

// sheet/said.js
var said_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(SAID, { detail: data }));
};
export {
  said_default as default
};
