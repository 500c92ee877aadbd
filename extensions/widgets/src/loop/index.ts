// The loop on one screen: data, labels, runs, models and services side by side, as cards that can be chosen.

import { type IModel, type IWidget } from '../anywidget';
import { h } from '../dom';
import { hello } from '../hello';
import { colorAt } from '../palette';
import { type IBar, type IBoard, type ICard, type IColumn, type ITraits } from './protocol';

const widget: IWidget<ITraits> = {
  initialize({ model }) {
    return hello(model);
  },
  render({ model, el }) {
    const node = h('section', { class: 'wb-loop', 'aria-label': 'The loop' });
    const update = (): void => draw(node, model);
    el.append(node);
    model.on('change:board', update);
    model.on('change:chosen', update);
    update();
    return () => {
      model.off('change:board', update);
      model.off('change:chosen', update);
    };
  }
};

export default widget;

function draw(node: HTMLElement, model: IModel<ITraits>): void {
  const board: IBoard = model.get('board');
  const focused = (document.activeElement as HTMLElement | null)?.dataset['ref'];
  const head = h('header', { class: 'wb-loop-head' }, h('h1', {}, board.workspace));
  if (board.problem) {
    const { message, hint } = board.problem;
    node.replaceChildren(
      head,
      h(
        'div',
        { class: 'wb-loop-problem', role: 'alert' },
        h('b', {}, message),
        h('code', {}, hint)
      )
    );
    return;
  }
  const columns = board.columns.map((item, i) => column(item, i + 1, model));
  node.replaceChildren(head, h('div', { class: 'wb-loop-columns' }, ...columns));
  if (focused) {
    node.querySelector<HTMLElement>(`[data-ref="${CSS.escape(focused)}"]`)?.focus();
  }
}

function column(
  { title, empty, cards, more }: IColumn,
  number: number,
  model: IModel<ITraits>
): HTMLElement {
  const body = cards.map(item => card(item, model));
  if (cards.length === 0) {
    body.push(h('p', { class: 'wb-loop-empty' }, empty));
  }
  if (more > 0) {
    body.push(h('p', { class: 'wb-loop-more' }, `and ${more} more`));
  }
  const head = h('h2', {}, h('span', { class: 'wb-loop-number' }, String(number)), title);
  return h('div', { class: 'wb-loop-column' }, head, ...body);
}

function card({ ref, title, state, facts, bars }: ICard, model: IModel<ITraits>): HTMLElement {
  const pill = state === '' ? [] : [h('span', { class: 'wb-state', 'data-state': state }, state)];
  const node = h(
    'button',
    {
      class: 'wb-card',
      type: 'button',
      'data-ref': ref,
      'aria-pressed': String(model.get('chosen') === ref)
    },
    h('span', { class: 'wb-card-head' }, h('b', {}, title), ...pill),
    ...facts.map(fact => h('span', { class: 'wb-card-fact' }, fact)),
    ...bars.map(bar)
  );
  node.addEventListener('click', () => {
    model.set('chosen', ref);
    model.save_changes();
  });
  return node;
}

function bar({ name, share, text }: IBar, index: number): HTMLElement {
  const fill = h('span', { class: 'wb-bar-fill' });
  fill.style.width = `${Math.round(Math.max(0, Math.min(1, share)) * 100)}%`;
  fill.style.background = colorAt(index);
  const label = h('span', { class: 'wb-bar-label' }, h('span', {}, name), h('span', {}, text));
  return h('span', { class: 'wb-bar' }, label, h('span', { class: 'wb-bar-track' }, fill));
}
