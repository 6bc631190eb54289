// Made by `make scripts` from tour/main.js and what it imports: change those, not this file.
// sha256 c7879dbd65e6f408d7d5a5dd949da90ba054882da466bdc294f7cab95f00cc7c of build.js package.json common/storage.js tour/main.js and of what follows
// common/storage.js
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
  }
}

// tour/main.js
var MET = "handful:tour";
var answered = /* @__PURE__ */ new WeakSet();
var main_default = ({ data, parentElement, setTriggerValue }) => {
  if (answered.has(parentElement)) return;
  answered.add(parentElement);
  const met = read(localStorage, MET) ?? data.tour;
  write(localStorage, MET, met);
  setTriggerValue("met", { tour: data.tour, first: met === data.tour });
};
export {
  main_default as default
};
