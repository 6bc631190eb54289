// Made by `make scripts` from common/wake.js and what it imports: change those, not this file.
// sha256 49a76d6b0ca4bac1f96327f3a6d99aa56fc43f8cd4724f69b5f4c2ed307806e5 of build.js package.json common/events.js common/wake.js and of what follows
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
