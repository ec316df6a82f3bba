"""Networks as functions: faces (N, 48, 48, 1), 0-255 -> logits (N, 7).

`blocks` -> `cnns` (chosen here), `published` (rebuilt from publications); `transfer` (backbones that know ImageNet).
"""
