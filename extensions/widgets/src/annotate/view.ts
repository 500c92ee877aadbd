// The frame around a tool: what is to be done and how far it is, the item, its suggestion, and the keys.

import { type Cleanup } from '../anywidget';
import { h } from '../dom';
import { Detail } from './detail';
import { whoForm, whyEmpty } from './empty';
import { Head } from './head';
import { commandOf } from './keys';
import { load } from './load';
import { type IShown, type Label, labelOf } from './protocol';
import { type Session } from './session';
import { exhibits } from './stage';
import { Stopwatch } from './stopwatch';
import { type ITool } from './tool';
import { Zoom } from './zoom';

const HELP: [string, string][] = [
  ['A', 'take the suggestion'],
  ['S', 'skip: I cannot tell'],
  ['U', 'undo, also across items'],
  ['?', 'these keys']
];
const HELP_OF: Record<string, [string, string][]> = {
  image: [
    ['+ −', 'larger, smaller; or the wheel with Ctrl'],
    ['← ↑ → ↓', 'with nothing selected, another part; or drag with the middle button']
  ],
  audio: [['Space', 'play or pause']]
};

export class View {
  readonly node = h('section', {
    class: 'wb-anno',
    tabindex: 0,
    'aria-label': 'Annotator',
    'data-lm-suppress-shortcuts': 'true'
  });
  private _head: Head;
  private _stage = h('div', { class: 'wb-anno-stage' });
  private _hint = h('div', { class: 'wb-anno-hint' });
  private _panel = h('div', { class: 'wb-anno-panel' });
  private _foot = h('div', { class: 'wb-anno-foot' });
  private _help = h('dl', { class: 'wb-anno-help', hidden: true });
  private _done = button('Enter', 'Done', () => this._submit());
  private _skip = button('S', 'Skip', () => this._answer('', 'skipped'));
  private _undo = button('U', 'Undo', () => this._takeBack());
  private _name = h('span', { class: 'wb-anno-item' });
  private _tool: ITool | null = null;
  private _item: IShown | null = null;
  private _watch = new Stopwatch();
  private _zoom = new Zoom(this._stage, () => this._look());
  private _detail: Detail;

  constructor(private _session: Session) {
    const { setup } = _session;
    this._head = new Head(_session);
    this._detail = new Detail(_session.model, this._stage);
    const keys = button('?', 'Keys', () => this._toggleHelp());
    this._foot.append(this._done, this._skip, this._undo, keys, this._name);
    this.node.append(this._head.node, ...guidelines(setup.guidelines));
    this.node.append(this._stage, this._hint, this._panel, this._foot, this._help);
    this.node.addEventListener('keydown', event => this._onKey(event));
    for (const kind of ['pointerdown', 'keydown'] as const) {
      this.node.addEventListener(kind, () => _session.touch(), true);
    }
    this._done.hidden = setup.tool === 'pair' || (setup.tool === 'choose' && !setup.many);
  }

  mount(): Cleanup {
    const stops = [
      this._session.enter(() => this.update()),
      this._watch.start(),
      this._zoom.mount()
    ];
    void this._open();
    if (document.activeElement === document.body) {
      this.node.focus({ preventScroll: true }); // on a page of its own nothing else wants the keys
    }
    this.update();
    return () => {
      stops.forEach(stop => stop());
      this._tool?.clear();
      this._detail.show(null);
    };
  }

  update(): void {
    const session = this._session;
    if (session.current !== this._item || session.said !== null || session.current === null) {
      this._show(session.current);
    }
    this._head.update();
    this._undo.disabled = !session.canUndo && !this._tool?.canUndo;
    this._done.disabled = this._skip.disabled = session.current === null;
    const problem = session.problem ?? null;
    this._hint.classList.toggle('wb-problem', problem !== null);
    if (problem) {
      this._hint.replaceChildren(`${problem.message} ${problem.hint}`.trim());
    } else {
      this._hint.replaceChildren(...this._suggestion());
    }
  }

  private async _open(): Promise<void> {
    try {
      const make = await load(this._session.model, this._session.setup);
      this._tool = make({
        setup: this._session.setup,
        submit: label => this._answer(label, 'given'),
        changed: () => this.update()
      });
      this._panel.replaceChildren(this._tool.panel);
      const keys = [...this._tool.help, ...(HELP_OF[this._session.setup.modality] ?? []), ...HELP];
      this._help.replaceChildren(
        ...keys.flatMap(([cap, what]) => [h('dt', {}, h('kbd', {}, cap)), h('dd', {}, what)])
      );
      this._item = null;
      this.update();
    } catch {
      this._session.problem = {
        message: 'The kernel does not answer.',
        hint: 'Run the cell again.'
      };
      this.update();
    }
  }

  private _show(item: IShown | null): void {
    if (!this._tool) {
      return;
    }
    this._item = item;
    this._detail.show(item);
    this._stage.className = 'wb-anno-stage';
    this._panel.hidden = item === null;
    this._name.textContent = item?.name ?? '';
    if (item === null) {
      this._showEmpty();
      return;
    }
    const { said, setup } = this._session;
    this._session.said = null;
    this._stage.replaceChildren(...exhibits(item));
    this._zoom.reset(item.width);
    this.node.dataset['item'] = item.id;
    this._watch.reset();
    const guess = this._tool.startsWithSuggestion
      ? labelOf(item.prediction, setup.tool, setup.many)
      : null;
    this._tool.show(item, this._stage, said ?? guess);
  }

  /** Show what stands where an item would: who labels, that all is done, that others are at it. */
  private _showEmpty(): void {
    delete this.node.dataset['item'];
    this._tool?.clear();
    if (this._session.annotator !== '') {
      this._stage.replaceChildren(h('p', { class: 'wb-anno-empty' }, whyEmpty(this._session)));
    } else if (!this._stage.querySelector('.wb-anno-who')) {
      this._stage.replaceChildren(whoForm(this._session, () => this.node.focus()));
    }
  }

  private _suggestion(): (Node | string)[] {
    const item = this._session.current;
    if (!item || item.prediction === null || !this._tool) {
      return [];
    }
    const by = item.prediction_by || 'a model';
    const sure = item.score === null ? '' : ` (${Math.round(item.score * 100)} %)`;
    const votes = item.votes?.map(([who, what]) =>
      h('span', { class: 'wb-anno-vote' }, `${who}: `, h('b', {}, what))
    );
    const how = this._tool.startsWithSuggestion
      ? ['correct it, then Enter.']
      : [h('b', {}, item.prediction), ', ', h('kbd', {}, 'A'), ' takes it.'];
    return [...(votes ?? []), `Suggested by ${by}${sure}: `, ...how];
  }

  private _onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const isField = target.matches('input, textarea, select');
    if ((isField && event.key !== 'Escape') || !this._tool || this._session.isPaused) {
      return;
    }
    if (!this._tool.press(event) && !this._command(event)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private _command(event: KeyboardEvent): boolean {
    const sound = this._stage.querySelector('audio');
    if (event.key === ' ' && sound) {
      void (sound.paused ? sound.play() : sound.pause());
      return true;
    }
    switch (commandOf(event)) {
      case 'done':
        return (event.target as HTMLElement).matches('button') ? false : (this._submit(), true);
      case 'skip':
        return (this._answer('', 'skipped'), true);
      case 'undo':
        return (this._takeBack(), true);
      case 'accept':
        return this._accept();
      case 'help':
        return (this._toggleHelp(), true);
      case 'larger':
        return (this._zoom.enlarge(1), true);
      case 'smaller':
        return (this._zoom.enlarge(-1), true);
      default:
        return this._zoom.pan(event);
    }
  }

  private _submit(): void {
    const label = this._tool?.label() ?? null;
    if (label !== null) {
      this._answer(label, 'given');
    }
  }

  private _accept(): boolean {
    const { current, setup } = this._session;
    const guess = current ? labelOf(current.prediction, setup.tool, setup.many) : null;
    if (guess !== null && !this._tool?.startsWithSuggestion) {
      this._answer(guess, 'given');
    }
    return guess !== null;
  }

  private _answer(label: Label, state: 'given' | 'skipped'): void {
    if (this._session.current) {
      this._session.answer(label, this._watch.seconds(), state);
    }
  }

  private _takeBack(): void {
    if (!this._tool?.undo()) {
      this._session.undo();
    }
  }

  /** Another part of a picture is seen, or in another size. */
  private _look(): void {
    this._tool?.zoomed?.();
    this._detail.look();
  }

  private _toggleHelp(): void {
    this._help.hidden = !this._help.hidden;
  }
}

function button(cap: string, text: string, act: () => void): HTMLButtonElement {
  const made = h('button', { class: 'wb-anno-button', type: 'button' }, h('kbd', {}, cap), text);
  made.addEventListener('click', () => {
    act();
    made.closest<HTMLElement>('.wb-anno')?.focus({ preventScroll: true });
  });
  return made;
}

function guidelines(text: string): HTMLElement[] {
  if (text === '') {
    return [];
  }
  const body = h('p', { class: 'wb-anno-guide' }, text);
  return [
    h('details', { class: 'wb-anno-guidelines', open: true }, h('summary', {}, 'Guidelines'), body)
  ];
}
