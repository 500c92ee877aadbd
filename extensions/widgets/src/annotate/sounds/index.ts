// Stretches of a recording, on its waveform: a part of the annotator that is loaded when a task needs it.

import WaveSurfer from 'wavesurfer.js';
import RegionsPlugin, { type Region as Mark } from 'wavesurfer.js/dist/plugins/regions.esm.js';
import { h } from '../../dom';
import { type IShown } from '../protocol';
import { type Region, RegionTool } from '../regions';
import { type Help, type IHost, type MakeTool } from '../tool';

const STEP_S = 1;

class Sounds extends RegionTool {
  readonly help: Help = [
    ['1 2 3 …', 'class of the next stretch, and of the selected one'],
    ['drag', 'a stretch'],
    ['Space', 'play or pause; a selected stretch is played alone'],
    ['← →', 'a second back or on; with Shift, a tenth'],
    [', .', 'a stretch begins here, ends here'],
    ['[ ]', 'select another'],
    ['Del', 'remove it'],
    ['Enter', 'these stretches, next item']
  ];
  private _player: WaveSurfer | null = null;
  private _marks: ReturnType<typeof RegionsPlugin.create> | null = null;
  private _isDrawing = false;
  private _begun: number | null = null;
  /** The second that a key asked for, until the player is there. */
  private _asked: number | null = null;
  private _drag: (() => void) | null = null;

  constructor(host: IHost) {
    super(host, host.setup.classes);
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.clear();
    const sound = stage.querySelector('audio');
    if (!sound) {
      return;
    }
    const wave = h('div', { class: 'wb-anno-wave' });
    sound.replaceWith(wave);
    const marks = RegionsPlugin.create();
    const color = getComputedStyle(stage).color;
    const player = WaveSurfer.create({
      container: wave,
      url: sound.src,
      height: 140,
      normalize: true,
      waveColor: '#8aa4c8',
      progressColor: '#4c6f9f',
      cursorColor: color,
      minPxPerSec: 20,
      plugins: [marks]
    });
    this._player = player;
    this._marks = marks;
    marks.on('region-created', mark => this._hear(() => this.add(placeOf(mark), mark.id)));
    marks.on('region-updated', mark => this._hear(() => this.move(mark.id, placeOf(mark))));
    marks.on('region-clicked', (mark, event) => {
      event.stopPropagation();
      this.select(mark.id);
    });
    player.on('interaction', () => {
      this._asked = null;
    });
    player.getMediaElement()?.addEventListener('seeked', () => this._arrive());
    player.on('ready', () => {
      if (this.item === item) {
        wave.dataset['ready'] = 'true';
        this.draw();
      }
    });
  }

  protected draw(): void {
    const marks = this._marks;
    if (!marks || !this._player?.getDuration()) {
      return;
    }
    this._isDrawing = true;
    marks.clearRegions();
    for (const { id, region } of this.entries) {
      const content = h('span', { class: 'wb-anno-mark' }, region.label);
      const [start, end] = [Number(region['start']), Number(region['end'])];
      marks.addRegion({
        id,
        start,
        end,
        content,
        color: this._color(region.label, id === this.selected)
      });
    }
    this._isDrawing = false;
    this._drag?.();
    this._drag = marks.enableDragSelection({ color: this._color(this.active, true) });
  }

  protected place(region: Region): string {
    return `${Number(region['start']).toFixed(2)}–${Number(region['end']).toFixed(2)} s`;
  }

  override press(event: KeyboardEvent): boolean {
    const player = this._player;
    if (!player || event.ctrlKey || event.metaKey || event.altKey) {
      return super.press(event);
    }
    const now = this._asked ?? player.getCurrentTime();
    switch (event.key) {
      case ' ':
        this._play(player);
        return true;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const by = (event.key === 'ArrowLeft' ? -1 : 1) * STEP_S * (event.shiftKey ? 0.1 : 1);
        this._asked = Math.min(Math.max(now + by, 0), player.getDuration());
        player.setTime(this._asked);
        return true;
      }
      case ',':
        this._begun = now;
        return true;
      case '.':
        if (this._begun !== null && now > this._begun) {
          this.add({ start: seconds(this._begun), end: seconds(now) });
          this._begun = null;
        }
        return true;
      default:
        return super.press(event);
    }
  }

  clear(): void {
    this._player?.destroy();
    this._player = this._marks = this._drag = null;
    this._begun = this._asked = null;
  }

  /** The player may forget what it is asked while it is on its way elsewhere, so it is asked again. */
  private _arrive(): void {
    const player = this._player;
    if (player && this._asked !== null && Math.abs(player.getCurrentTime() - this._asked) > 0.01) {
      player.setTime(this._asked);
    } else {
      this._asked = null;
    }
  }

  private _play(player: WaveSurfer): void {
    const entry = this.entryOf(this.selected);
    if (player.isPlaying()) {
      player.pause();
    } else if (entry) {
      void player.play(Number(entry.region['start']), Number(entry.region['end']));
    } else {
      void player.play();
    }
  }

  private _color(name: string, isStrong: boolean): string {
    return `${this.palette.color(name)}${isStrong ? '77' : '44'}`;
  }

  private _hear(step: () => void): void {
    if (!this._isDrawing) {
      step();
    }
  }
}

function placeOf({ start, end }: Mark): Record<string, unknown> {
  return { start: seconds(start), end: seconds(end) };
}

function seconds(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

const make: MakeTool = host => new Sounds(host);

export default make;
