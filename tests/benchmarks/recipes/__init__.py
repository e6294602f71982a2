"""A study of fine-tuning recipes on small picture sets: made anywhere with JAX, resumable, and readable again.

    python -m tests.benchmarks.recipes pack DATA/trashnet DATA/pacs/sketch … --out packed --backbones starter
    python -m tests.benchmarks.recipes run packed starter --journals journals --seconds 480
    python -m tests.benchmarks.recipes table journals --gains assets/studies/fine_tuning_gains.csv

`pack` and `table` need what Graft needs; `run` needs only the packed folder, this repository and JAX, Keras,
NumPy, SciPy and threadpoolctl. One process serves one backbone; `--worker I --workers N` lets several share it.
On a CPU one training of a backbone takes many minutes: `run` is meant for an accelerator.

What was measured, in November 2026 on one H200: 758 trainings on trashnet, sign_digits and the photo, sketch and
art_painting domains of PACS. A training is a set (all of its pictures, divided 65 : 15 : 20, or 20 of each class, 4
of them for validation), a division, how many stages learn, and a recipe (see `plan.RECIPES`). The adviser's table
has 119 of them: the exact heads and the recommended recipes. Pictures were then resized by Pillow and divisions
drawn with other seeds than today, so that the study made anew agrees within its intervals, not to the last digit.

What was not measured: Lite0 and MobileNetV2 on 20 pictures of a class, at all; with all pictures they have 1 to 4
trainings a row, of which those on photo begin with 100 % and can only lose: their rows prove little. The starter has 1
to 3 divisions of each set. Changed copies were drawn afresh at every step, and zoomed, too; Graft's own are
drawn once. Intervals are Student's over trainings; those of one set are alike, so they are rather too narrow. The order of trainings and a deadline decided which cells were filled. The tables were looked at
before recipes were chosen, so that the best row of many is a little too good.

Points of test accuracy that the last epoch brings beside the exact head, starter (17 stages), all pictures:

    stages  recipe                                               n   last   ± 95 %  log loss  taken
         3  base: 12 epochs, cosine, rates 3e-4                 11   +1.1     1.4    -0.023    0.09
         3  tail1e-3: the same, stages 1e-3 (ships)             11   +3.1     1.5    -0.050    0.36
         3  today: 10 epochs, constant, 1e-3 and 1e-4            5   +1.6     1.4    -0.028    0.20
         6  base (ships)                                         9   +3.0     2.4    -0.069    0.33
         8  base (ships)                                        11   +3.7     1.5    -0.088    0.45
         8  today                                                5   +2.1     1.9    -0.067    0.40
         8  tail1e-3                                            11   +3.2     1.2    -0.062    0.55
         8  views: copies mirrored, moved, dyed                 11   +3.2     2.3    -0.091    0.45
         8  ls: label smoothing 0.1                             10   +3.2     2.4    -0.032    0.60
         8  long: 24 epochs                                      5   +4.6     2.8    -0.114    0.80
         8  head3e-5                                             5   +6.0     4.8    -0.107    0.40
         8  bn: batch normalisation learns                       5   -7.6     7.8    +0.257    0.00
        17  base (ships)                                        10   +3.5     1.7    -0.086    0.50
        17  flip: mirrored copies                               11   +4.6     2.4    -0.087    0.55
        17  views                                               10   +4.1     1.7    -0.105    0.40
        17  ls                                                  11   +3.4     2.5    -0.066    0.64
        17  guide: Keras's, head 1e-3, then all 1e-5            11   +1.4     1.5    -0.066    0.45
        17  cycle: one cycle, norm learns, rates x 0.77         10   +2.9     2.1    -0.071    0.50
        17  bn                                                   9   -2.3     6.6    +0.051    0.33

The same with 20 pictures of a class (16 to learn from):

         3  base                                                 6    0.0     1.7    -0.004    0.00
         3  tail1e-3                                             6   -2.2     2.1    +0.063    0.00
         8  base                                                 6   +1.2     2.7    -0.009    0.00
         8  views (ships)                                        6   +1.6     3.9    -0.015    0.33
        17  base                                                 6    0.0     3.3    +0.014    0.17
        17  views (ships)                                        6   +1.4     4.8    -0.027    0.17
        17  guide                                                6   +1.5     2.0    -0.045    0.17
        17  cycle                                                6   -5.2     6.6    +0.123    0.00

MobileNetV2 and EfficientNet-Lite0, all pictures, half the stages, `base` (ships), 3 trainings each: +2.6 ± 23.8 and
+3.0 ± 14.4. With all stages and normalisation that learns, 2 trainings each, they lost 48.5 and 9.7.

Which weights of a training that came to rest are best handed over (recipes that start from the exact head, norm as
pretrained), in points; `validated` is the epoch that validation likes best, `gated` the last one where
`choice_of_epoch.Judged.beats` lets it replace the exact head. Then the share of trainings that lose more than 2 points:

    pictures    n    last  averaged  validated  gated    lose 2: last  gated
    all       370   +2.86     +2.83      +2.56  +2.14           0.103  0.011
    20 each   114   +0.07     +0.05      -1.03  +0.28           0.263  0.026

So the last epoch beats the one that validation picks, averaging weights adds nothing to a cosine, and the gate costs
less than a point where pictures abound and saves from harm where they are few.
"""
