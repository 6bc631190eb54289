// Bugs and sprawl; types are the matter of tsc.

import js from "@eslint/js";

const LONGEST_FILE = 300;

export default [
  { ignores: ["node_modules/", "built/"] },
  js.configs.recommended,
  {
    rules: {
      "no-undef": "off", // tsc knows what a browser has
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-shadow": "error",
      "no-implicit-coercion": "error",
      "no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
      complexity: ["error", 20],
      "max-lines": ["error", LONGEST_FILE],
      "max-len": ["error", { code: 120 }],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property,
          message: "Texts of items and names of classes go in through textContent only.",
        })),
      ],
    },
  },
];
