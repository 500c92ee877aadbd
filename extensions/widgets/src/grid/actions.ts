// What is done with a selection, or with all that match: a tag, or a labeling; a line of fields that opens below the tiles.

import { h } from '../dom';
import { type Store } from './store';

type Action = 'tag' | 'label';

export class Actions {
  readonly node = h('form', { class: 'wb-actions' });
  private _action: Action = 'tag';
  private _said = h('span', { class: 'wb-actions-said', role: 'status' });

  constructor(
    private _store: Store,
    private _leave: () => void
  ) {
    this.node.hidden = true;
    this.node.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        this.close();
      }
    });
    this.node.addEventListener('submit', event => {
      event.preventDefault();
      const button = (event as SubmitEvent).submitter;
      void this._send(button?.dataset['remove'] !== undefined);
    });
  }

  open(action: Action): void {
    if (!this.node.hidden && action === this._action) {
      this.close();
      return;
    }
    this._action = action;
    this._said.textContent = '';
    this.node.replaceChildren(...(action === 'tag' ? this._tag() : this._label()), this._said);
    this.node.hidden = false;
    this.node.querySelector('input')?.focus();
  }

  close(): void {
    this.node.hidden = true;
    this._leave();
  }

  /** Return how many items match that are there: what is gone cannot be selected, tagged or labeled. */
  get total(): number {
    const { page } = this._store;
    return page ? page.total - page.gone : 0;
  }

  /** Return what an action works on, in words. */
  get scope(): string {
    const selected = this._store.model.get('selected').length;
    return selected > 0
      ? `${selected.toLocaleString('en')} selected`
      : `all ${this.total.toLocaleString('en')}`;
  }

  private _tag(): HTMLElement[] {
    const facet = this._store.facets.find(f => f.column === 'tags');
    const known = facet?.kind === 'values' ? facet.values.map(([value]) => String(value)) : [];
    const list = `wb-tags-${Math.random().toString(36).slice(2)}`;
    const input = field('tag', 'Tag', { list, maxlength: 80, required: true });
    const names = h('datalist', { id: list }, ...known.map(value => h('option', { value })));
    return [
      input,
      names,
      button(`Tag ${this.scope}`),
      button('Take away', { 'data-remove': true })
    ];
  }

  private _label(): HTMLElement[] {
    const { task, classes } = this._store.model.get('about');
    const name = this._store.model.get('title').split('@')[0] ?? '';
    const place = h(
      'select',
      { name: 'place', class: 'wb-grid-sort', 'aria-label': 'Where to label' },
      h('option', { value: 'cell' }, 'in a cell'),
      h('option', { value: 'studio' }, 'in Label Studio')
    );
    const fields = [field('name', 'Name of the labeling', { value: name, required: true }), place];
    if (!task) {
      fields.push(field('task', 'Task', { required: true }));
    }
    if (classes.length === 0) {
      fields.push(field('classes', 'Classes, with commas'));
    }
    return [...fields, button(`Send ${this.scope}`)];
  }

  private async _send(remove: boolean): Promise<void> {
    const values = Object.fromEntries(new FormData(this.node)) as Record<string, string>;
    const classes = (values['classes'] ?? '').split(',').map(name => name.trim());
    const about = { ...values, classes: classes.filter(Boolean), remove };
    this._said.textContent = '…';
    try {
      const { told } = await this._store.question(this._action, about);
      this._said.textContent = this._action === 'tag' ? tagged(told) : sent(told);
    } catch {
      this._said.textContent = ''; // the problem is shown in the status line
    }
  }
}

function tagged(told: Record<string, unknown>): string {
  return told['changed'] ? `Version ${String(told['version'])} has it.` : 'It was so already.';
}

function sent(told: Record<string, unknown>): string {
  return `In the labeling ${String(told['name'])}: ws.labeling("${String(told['name'])}") shows it.`;
}

function field(
  name: string,
  placeholder: string,
  more: Record<string, string | number | boolean> = {}
): HTMLElement {
  const fixed = { name, placeholder, 'aria-label': placeholder, class: 'wb-grid-search' };
  return h('input', { ...fixed, autocomplete: 'off', ...more });
}

function button(text: string, more: Record<string, string | boolean> = {}): HTMLElement {
  return h('button', { class: 'wb-button', type: 'submit', ...more }, text);
}
