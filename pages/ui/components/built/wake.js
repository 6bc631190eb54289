// Made by `make scripts` from common/wake.js and what it imports: change those, not this file.
// sha256 3faddd30f10e258ce6aa2c2d62d0eb9de8a29d17ee449aae23479da7fc3231b0 of build.js package.json common/events.js common/wake.js and of what follows
// common/events.js
var WAKE = "handful-wake";

// common/wake.js
var wake_default = ({ setTriggerValue }) => {
  const wake = () => setTriggerValue("wake", Date.now());
  if (window.handfulWake) window.removeEventListener(WAKE, window.handfulWake);
  window.addEventListener(WAKE, window.handfulWake = wake);
};
export {
  wake_default as default
};
