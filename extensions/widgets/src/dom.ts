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
 * Call *handler* whenever the theme may look different: JupyterLab names a new theme on the body before its style sheet
 * is there, so the arrival of any style sheet counts too. Return the call that stops it.
 */
export function onTheme(handler: () => void): () => void {
  const loaded = (event: Event): void => {
    if (event.target instanceof HTMLLinkElement) {
      handler();
    }
  };
  const named = new MutationObserver(handler);
  named.observe(document.body, {
    attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light', 'class']
  });
  document.addEventListener('load', loaded, true); // it does not bubble
  return () => {
    named.disconnect();
    document.removeEventListener('load', loaded, true);
  };
}

function write(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}
