// The classes with their keys: buttons that a digit or a letter presses, and a field that finds one among many.

import { h } from '../dom';
import { colorAt } from '../palette';
import { classAt, keyOf } from './keys';

const SHOWN = 60;

export class Palette {
  readonly node = h('div', { class: 'wb-anno-classes', role: 'group', 'aria-label': 'Classes' });
  private _find = h('input', {
    class: 'wb-anno-find',
    type: 'search',
    placeholder: 'find a class  /',
    'aria-label': 'Find a class'
  });
  private _list = h('div', { class: 'wb-anno-class-list' });
  private _pressed: ReadonlySet<string> = new Set();
  private _suggested = '';

  constructor(
    private _classes: string[],
    private _choose: (name: string) => void,
    private _hasKeys = true
  ) {
    if (_classes.length > 12) {
      this.node.append(this._find);
    }
    this.node.append(this._list);
    this._find.addEventListener('input', () => this._draw());
    this._find.addEventListener('keydown', event => this._onKey(event));
    this._draw();
  }

  /** Return the class whose key was pressed, '' for any other key. */
  pressed(event: KeyboardEvent): string {
    return this._classes[classAt(event, this._classes.length)] ?? '';
  }

  color(name: string): string {
    return colorAt(this._classes.indexOf(name));
  }

  mark(pressed: Iterable<string>, suggested = ''): void {
    this._pressed = new Set(pressed);
    this._suggested = suggested;
    this._draw();
  }

  /** Put the cursor into the field, if there are so many classes that there is one. */
  find(): boolean {
    if (!this._find.isConnected) {
      return false;
    }
    this._find.focus();
    this._find.select();
    return true;
  }

  private _found(): string[] {
    const asked = this._find.value.trim().toLowerCase();
    return this._classes.filter(name => name.toLowerCase().includes(asked));
  }

  private _onKey(event: KeyboardEvent): void {
    const first = this._found()[0];
    if (event.key === 'Enter' && first !== undefined) {
      this._leave();
      this._choose(first);
    } else if (event.key === 'Escape') {
      this._leave();
    } else {
      event.stopPropagation(); // the letters of a name are no commands
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private _leave(): void {
    this._find.value = '';
    this._draw();
    this.node.closest<HTMLElement>('.wb-anno')?.focus();
  }

  private _draw(): void {
    const found = this._found();
    const buttons: Node[] = found.slice(0, SHOWN).map(name => this._button(name));
    if (found.length > SHOWN) {
      buttons.push(h('span', { class: 'wb-anno-more' }, `and ${found.length - SHOWN} more`));
    }
    this._list.replaceChildren(...buttons);
  }

  private _button(name: string): HTMLElement {
    const index = this._classes.indexOf(name);
    const key = this._hasKeys ? keyOf(index) : '';
    const dot = h('span', { class: 'wb-anno-dot' });
    dot.style.background = colorAt(index);
    const button = h(
      'button',
      {
        class: 'wb-anno-class',
        type: 'button',
        tabindex: -1, // the keys are on it
        'aria-pressed': String(this._pressed.has(name)),
        'data-suggested': name === this._suggested
      },
      ...(key ? [h('kbd', {}, key.toUpperCase())] : []),
      dot,
      h('span', { class: 'wb-anno-name' }, name)
    );
    button.addEventListener('click', () => this._choose(name));
    return button;
  }
}
