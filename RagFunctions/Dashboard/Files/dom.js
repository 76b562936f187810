// Builds elements, and brings what is on the page to what it should be. Every value that comes from elsewhere goes in as text or as the value
// of an attribute, never as markup; the page's policy refuses anything else.

const SVG = 'http://www.w3.org/2000/svg';
const drawn = new Set(['svg', 'rect', 'line', 'path', 'g', 'title']);

/** An element. `on…` takes a function, `style` an object, `key` tells siblings apart; false, null and undefined leave an attribute out. */
export function h(tag, attributes, ...children) {
  const element = drawn.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element[name] = value;
    else if (name === 'style') for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
    else if (name === 'key') element.dataset.key = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Makes the children of an element those given, changing as little as can be: what has the focus, is selected, opened or scrolled stays as it
 * is, because the elements stay. Siblings with a key keep their element wherever they move.
 */
export function update(element, ...children) {
  const fresh = document.createElement('div');
  append(fresh, children);
  patchChildren(element, fresh);
}

const keyOf = node => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key : undefined);
const isAlike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

function patchChildren(element, fresh) {
  const keyed = new Map([...element.childNodes].filter(keyOf).map(node => [keyOf(node), node]));
  let at = element.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let found = key ? keyed.get(key) : at;
    if (found && !isAlike(found, wanted)) found = undefined;
    if (!found) {
      element.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else element.insertBefore(found, at);
    patch(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const handlers = ['onclick', 'onpointerover', 'onpointerleave'];

function patch(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  for (const { name } of [...node.attributes]) {
    // Whether details are open is the reader's choice.
    if (name !== 'style' && name !== 'open' && !wanted.hasAttribute(name)) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (name !== 'style' && node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  if (node.style.cssText !== wanted.style.cssText) node.style.cssText = wanted.style.cssText;
  for (const handler of handlers) if (node[handler] !== wanted[handler]) node[handler] = wanted[handler];
  patchChildren(node, wanted);
}

/** Asks before something is done. Answers true or false. `tick`: what has to be ticked first. */
export function ask({ title, text, yes, tick }) {
  const byId = id => document.getElementById(id);
  const dialog = byId('ask');
  byId('ask-title').textContent = title;
  byId('ask-text').textContent = text;
  byId('ask-yes').textContent = yes;
  byId('ask-tick').hidden = !tick;
  byId('ask-tick-text').textContent = tick ?? '';
  byId('ask-ticked').checked = false;
  byId('ask-ticked').onchange = event => { byId('ask-yes').disabled = !event.target.checked; };
  byId('ask-yes').disabled = Boolean(tick);
  dialog.returnValue = 'no';
  dialog.showModal();
  byId('ask-no').focus();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
