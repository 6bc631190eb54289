// Made by `make scripts` from common/wake.js and what it imports: change those, not this file.
// sha256 ab443705a5cbdbceea205b266eff2dddc7088e59cf679af122b4100ab609a8b5 of build.js package.json common/events.js common/wake.js and of what follows
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
