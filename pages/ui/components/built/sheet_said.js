// Made by `make scripts` from sheet/said.js and what it imports: change those, not this file.
// sha256 9a10621cf657b05becb6583ddee80c9304b4a8890af139c0d28d04704b0fb240 of build.js package.json common/events.js sheet/said.js and of what follows
// common/events.js
var SAID = "handful-said";

// sheet/said.js
var said_default = ({ data }) => {
  window.dispatchEvent(new CustomEvent(SAID, { detail: data }));
};
export {
  said_default as default
};
