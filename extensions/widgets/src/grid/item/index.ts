// One item large: its picture, recording or text with what was labeled and predicted, its columns, and its history.

import { h } from '../../dom';
import { type IHost, type IPanel } from '../parts';
import { type IItem } from '../protocol';
import { facts, type Row } from './facts';
import { history } from './history';
import { Stage } from './stage';

class ItemView implements IPanel {
  readonly node = h('dialog', { class: 'wb-item', 'aria-label': 'Item', tabindex: -1 });
  private _title = h('h3', {});
  private _hint = h(
    'span',
    { class: 'wb-item-hint' },
    '← → next · space select · L labels · P predictions · + − zoom · Esc'
  );
  private _side = h('div', { class: 'wb-item-side' });
  private _stage: Stage;
  private _shown: IItem | undefined;
  private _versus = 0;
  private _turn = 0;

  constructor(private _host: IHost) {
    this._stage = new Stage(_host);
    const close = h('button', { class: 'wb-page', type: 'button', 'aria-label': 'Close' }, '✕');
    close.addEventListener('click', () => this._close());
    const head = h('header', {}, this._title, this._hint, close);
    this.node.append(head, h('div', { class: 'wb-item-body' }, this._stage.node, this._side));
    this.node.addEventListener('keydown', event => this._onKey(event));
    this.node.addEventListener('cancel', event => {
      event.preventDefault();
      this._close();
    });
  }

  update(): void {
    if (!this.node.open && this.node.isConnected) {
      this.node.showModal(); // the top layer: no cell output cuts it off
      this._shown = undefined;
    }
    const item = this._host.focused();
    const { versus } = this._host.store.model.get('query');
    const selected = this._host.store.model.get('selected');
    this.node.classList.toggle('wb-item-selected', !!item && selected.includes(item.id));
    if (!item) {
      this._close();
    } else if (item !== this._shown || versus !== this._versus) {
      this._shown = item;
      this._versus = versus;
      void this._load(item);
    }
  }

  dispose(): void {
    this._stage.clear();
  }

  private async _load(item: IItem): Promise<void> {
    const turn = ++this._turn;
    this._title.textContent = item.name;
    const { store } = this._host;
    try {
      const { told } = await store.question('item', { id: item.id });
      const row = told['row'] as Row;
      const before = told['before'] as Row | null | undefined;
      const isGone = told['version'] !== store.model.get('about').version;
      if (turn !== this._turn) {
        return;
      }
      this._side.replaceChildren(facts(row, isGone, store, () => this.node.focus()));
      await this._stage.show(isGone ? null : row, before, this._versus, () => turn === this._turn);
      const steps = await store.question('history', { id: item.id });
      if (turn === this._turn) {
        this._side.append(history(steps.told['steps'] as never));
      }
    } catch {
      if (turn === this._turn) {
        const { problem } = store;
        this._stage.say(
          problem ? `${problem.message} ${problem.hint}` : 'The kernel did not answer.'
        );
      }
    }
  }

  private _onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.target instanceof HTMLInputElement) {
      return;
    }
    const todo: Record<string, () => void> = {
      ArrowRight: () => this._host.step(1),
      ArrowLeft: () => this._host.step(-1),
      j: () => this._host.step(1),
      k: () => this._host.step(-1),
      ' ': () => this._host.toggle(),
      Escape: () => this._close(),
      Enter: () => this._close()
    };
    const act = todo[event.key];
    const isButton =
      event.target instanceof HTMLButtonElement || event.target instanceof HTMLMediaElement;
    if (act && !(isButton && [' ', 'Enter'].includes(event.key))) {
      event.preventDefault();
      act();
    } else if (this._stage.onKey(event.key)) {
      event.preventDefault();
    }
  }

  private _close(): void {
    this._turn++;
    this._stage.clear();
    this.node.close();
    this._host.close();
  }
}

export default (host: IHost): IPanel => new ItemView(host);
