// Made by `make scripts` from tour/main.js and what it imports: change those, not this file.
// sha256 fbcbf0da876f631afa93cc4eef045f3229ea554cea8efb680a1d44a576226a4f of build.js package.json common/storage.js tour/main.js and of what follows
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
