// One view of a run's curves: what it is and how it stands, a pane per kind of metric, and the way to cancel it.

import { type Cleanup, type IModel } from '../anywidget';
import { h } from '../dom';
import { Chart } from './chart';
import { type IBest, type IPoint, type ITraits } from './protocol';

export class View {
  readonly node = h('div', { class: 'wb-curves', 'data-lm-suppress-shortcuts': 'true' });
  private _title = h('span', { class: 'wb-curves-title' });
  private _state = h('span', { class: 'wb-state', role: 'status' });
  private _note = h('span', { class: 'wb-curves-note' });
  private _cancel = h('button', { class: 'wb-cancel', type: 'button' }, 'Cancel');
  private _problem = h('div', { class: 'wb-problem', role: 'alert', hidden: true });
  private _panes = h('div', { class: 'wb-panes' });
  private _waiting = h('div', { class: 'wb-waiting' }, 'Waiting for the first step …');
  private _charts: Chart[] = [];
  private _points: IPoint[] = [];
  private _at: number | null = null;

  constructor(private _model: IModel<ITraits>) {
    const head = h(
      'div',
      { class: 'wb-curves-head' },
      this._title,
      this._state,
      this._note,
      this._cancel
    );
    this.node.append(head, this._problem, this._panes, this._waiting);
    this._cancel.addEventListener('click', () => {
      this._cancel.disabled = true;
      this._cancel.textContent = 'Cancelling …';
      _model.send({ kind: 'cancel' });
    });
  }

  mount(): Cleanup {
    const resized = new ResizeObserver(() => this._draw());
    resized.observe(this._panes);
    const update = (): void => this.update(this._points);
    const names = ['title', 'state', 'note', 'panes', 'best', 'can_cancel'] as const;
    names.forEach(name => this._model.on(`change:${name}`, update));
    return () => {
      resized.disconnect();
      names.forEach(name => this._model.off(`change:${name}`, update));
    };
  }

  update(points: IPoint[]): void {
    this._points = points;
    const state = this._model.get('state');
    this._title.textContent = this._model.get('title');
    this._state.textContent = state;
    this._state.dataset['state'] = state;
    this._note.textContent = this._model.get('note');
    this._cancel.hidden = !this._model.get('can_cancel');
    this._waiting.hidden = points.length > 0;
    this._waiting.textContent = this._model.get('can_cancel')
      ? 'Waiting for the first step …'
      : 'No step was recorded.';
    this.node.dataset['points'] = String(points.length);
    this._draw();
  }

  complain(message: string): void {
    this._problem.textContent = message;
    this._problem.hidden = message === '';
    this._cancel.disabled = false;
    this._cancel.textContent = 'Cancel';
  }

  private _draw(): void {
    const panes = this._points.length > 0 ? this._model.get('panes') : [];
    while (this._charts.length < panes.length) {
      const chart = new Chart(step => {
        this._at = step;
        this._draw();
      });
      this._charts.push(chart);
      this._panes.append(chart.node);
    }
    this._charts.splice(panes.length).forEach(chart => chart.node.remove());
    const best = this._model.get('best');
    panes.forEach((pane, i) =>
      this._charts[i]?.draw({
        pane,
        points: this._points,
        best: 'name' in best ? (best as IBest) : null,
        at: this._at
      })
    );
  }
}
