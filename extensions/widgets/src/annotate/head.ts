// The line above the item: what is labeled, how far it is, how fast, and whether all of it is saved.

import { h } from '../dom';
import { type Session } from './session';

export class Head {
  readonly node: HTMLElement;
  private _pace = h('span', { class: 'wb-anno-pace' });
  private _bar = h('progress', { class: 'wb-anno-bar', 'aria-label': 'Labeled', max: 1, value: 0 });
  private _state = h('span', { class: 'wb-anno-state', role: 'status', 'aria-live': 'polite' });

  constructor(private _session: Session) {
    const title = h('b', { class: 'wb-anno-title' }, _session.setup.title);
    this.node = h('header', { class: 'wb-anno-head' }, title, this._bar, this._pace, this._state);
  }

  update(): void {
    const { progress, given, isAway, nWaiting } = this._session;
    if (progress) {
      this._bar.max = Math.max(1, progress.items);
      this._bar.value = progress.done;
      const pace = perMinute(given);
      this._pace.textContent = [
        `${progress.done.toLocaleString('en')} of ${progress.items.toLocaleString('en')}`,
        ...(given.length > 0 ? [`you ${given.length}`] : []),
        ...(pace > 0 ? [`${pace} a minute`] : [])
      ].join(' · ');
    }
    this._state.classList.toggle('wb-problem', isAway);
    this._state.dataset['waiting'] = String(nWaiting);
    this._state.textContent = isAway
      ? away(nWaiting)
      : nWaiting > 0
        ? 'Saving …'
        : progress
          ? 'Saved'
          : '';
  }
}

function away(nWaiting: number): string {
  const kept = `${nWaiting} ${nWaiting === 1 ? 'answer is' : 'answers are'} kept here`;
  return `The kernel does not answer${nWaiting > 0 ? `; ${kept} until it does` : ''}.`;
}

/** Return how many answers a minute were given, from the last twenty; 0 before there are three. */
function perMinute(given: readonly number[]): number {
  const last = given.slice(-20);
  const span = (last.at(-1) ?? 0) - (last[0] ?? 0);
  return last.length < 3 || span <= 0 ? 0 : Math.round(((last.length - 1) * 60_000) / span);
}
