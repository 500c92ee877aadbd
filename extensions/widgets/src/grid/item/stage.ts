// Where an item is shown large: as a picture, a recording or words; beside its other version, or beside its other half.

import { h } from '../../dom';
import { type IRead, readLabel } from '../labels';
import { type IHost, type IPart } from '../parts';
import { type Row } from './facts';
import { Picture } from './picture';
import { words } from './words';

/** What shows one file or text of an item. */
export interface IPane {
  node: HTMLElement;
  onKey?(key: string): boolean;
  dispose?(): void;
}

export interface ISoundPart {
  default(content: Blob, read: IRead, colorOf: (label: string) => string): IPane;
}

export class Stage {
  readonly node = h('div', { class: 'wb-item-stage' });
  private _panes: IPane[] = [];

  constructor(private _host: IHost) {}

  /** Show a row, and beside it the same row in another version; null stands for a version without it. */
  async show(
    row: Row | null,
    before: Row | null | undefined,
    versus: number,
    isCurrent: () => boolean
  ): Promise<void> {
    const { version } = this._host.store.model.get('about');
    const made =
      before === undefined
        ? await this._version(row, '', '')
        : [
            ...(await this._version(before, `@${versus}`, 'It was not there.')),
            ...(await this._version(row, `@${version}`, 'It was taken out.'))
          ];
    if (!isCurrent()) {
      made.forEach(pane => pane.dispose?.());
      return;
    }
    this.clear();
    this._panes = made;
    this.node.replaceChildren(...made.map(pane => pane.node));
  }

  say(text: string): void {
    this.clear();
    this.node.replaceChildren(h('p', { class: 'wb-problem' }, text));
  }

  clear(): void {
    this._panes.forEach(pane => pane.dispose?.());
    this._panes = [];
    this.node.replaceChildren();
  }

  onKey(key: string): boolean {
    return this._panes.map(pane => pane.onKey?.(key) ?? false).some(Boolean);
  }

  private _version(row: Row | null, title: string, absent: string): Promise<IPane[]> {
    return row ? this._members(row, title) : Promise.resolve([note(title, absent)]);
  }

  /** Return a pane for each thing that an item is made of. */
  private async _members(row: Row, title: string): Promise<IPane[]> {
    const { shape } = this._host.store.model.get('about');
    const label = readLabel((row['label'] as string | undefined) ?? null, shape);
    const guess = readLabel((row['prediction'] as string | undefined) ?? null, shape);
    const panes: IPane[] = [];
    for (const column of ['media', 'media_b']) {
      if (row[column]) {
        panes.push(await this._file(row, column, title, label, guess));
      }
    }
    const isSpoken = label.regions.some(region => region.start !== undefined) && panes.length > 0;
    for (const column of ['text', 'text_b']) {
      if (typeof row[column] === 'string') {
        panes.push(
          words(row[column], isSpoken ? readLabel(null, '') : label, this._host.colorOf, title)
        );
      }
    }
    const candidates = row['candidates'];
    if (Array.isArray(candidates)) {
      panes.push({
        node: h('ol', { class: 'wb-words' }, ...candidates.map(text => h('li', {}, String(text))))
      });
    }
    return panes.length > 0 ? panes : [note(title, 'There is nothing but columns.')];
  }

  private async _file(
    row: Row,
    column: string,
    title: string,
    label: IRead,
    guess: IRead
  ): Promise<IPane> {
    const { told, buffers } = await this._host.store.question('media', { id: row.id, column });
    const type = told['type'] as string;
    const buffer = buffers[0] as DataView;
    const content = new Blob([buffer as DataView<ArrayBuffer>], { type });
    if (type.startsWith('audio/')) {
      const part = await this._host.store.part<IPart & ISoundPart>('grid_sound');
      return part.default(content, label, this._host.colorOf);
    }
    if (type.startsWith('image/')) {
      const [width, height] = told['size'] as [number, number];
      return new Picture(content, { width, height }, title, label, guess, this._host.colorOf);
    }
    const text = new TextDecoder().decode(buffer);
    return words(text, label, this._host.colorOf, title);
  }
}

function note(title: string, text: string): IPane {
  return { node: h('div', { class: 'wb-words' }, title && h('h4', {}, title), h('p', {}, text)) };
}
