// Made by `make scripts` from common/wake.js and what it imports: change those, not this file.
// sha256 9be9bdadb0231f4a188e886eb2487587fd26751aaf6192a4d5647673923af48d of build.js package.json common/events.js common/wake.js and of what follows
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
