// Small helpers to make elements; text only ever becomes text nodes, so a name with markup stays a name.

type Attributes = Record<string, string | number | boolean>;

/** Return a new element; a false attribute is left out, a true one is written without a value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  write(element, attributes);
  element.append(...children);
  return element;
}

/** Return a new SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  write(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Call *handler* whenever the theme changes the colour of *element*, whose style sheet gives `color` a transition:
 * a new theme is named before its style sheet is there, but the transition starts when the colour really changes.
 */
export function onTheme(element: Element, handler: () => void): () => void {
  element.addEventListener('transitionrun', handler);
  return () => element.removeEventListener('transitionrun', handler);
}

function write(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}
