#!/bin/sh
# Speaks assets/prompts/<language>/prompts.txt into the WAV files beside it: 8 kHz, 16 bit, mono, ready for
# G.711. Needed only after a text was changed, since the files are kept in the repository.
#
#   apt-get install flite sox && scripts/make-prompts.sh
#
# The voice is flite's `slt` (Carnegie Mellon University, free for any use): of the free synthesisers in
# Debian the clearest through a telephone's 300 to 3400 Hz.
set -eu

folder="$(dirname "$0")/../assets/prompts/en"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

grep -v '^#' "$folder/prompts.txt" | while IFS=: read -r name text; do
  flite -voice slt --setf duration_stretch=1.08 -t "${text# }" -o "$work/spoken.wav"
  # Cut the synthesiser's own silence at both ends; keep to the telephone band; even out and bring to a level
  # of -20 dB RMS with peaks at -6 dB. A sentence begins with 0.4 s of silence, in which the phone's audio path and
  # NAT open, and ends with 0.5 s, so that the last word is not clipped by the release; a part of one, which has no
  # full stop, joins its neighbours.
  case "$text" in
    *[.?!]) before=0.4 after=0.5 ;;
    *) before=0.04 after=0.08 ;;
  esac
  sox -R "$work/spoken.wav" -b 16 -c 1 "$folder/$name.wav" \
    silence 1 0.01 -50d reverse silence 1 0.01 -50d reverse \
    highpass 200 rate -h 8000 \
    compand 0.005,0.2 6:-70,-60,-24,-20,-14,-14,-8 -6 -40 0.005 \
    norm -6 pad "$before" "$after"
  echo "$name: $(soxi -d "$folder/$name.wav")"
done
