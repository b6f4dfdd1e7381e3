"""
TRL's DPO loss on the tiny model: where the numbers in test_preferring.py come from.

TRL is no dependency.  To compute them again, put it and what it imports aside::

    pip install --target trl --no-deps trl==1.16.0 datasets dill multiprocess xxhash
    PYTHONPATH=trl:tests/local_training python tests/local_training/trl_golden.py
"""

import sys
from collections import defaultdict
from types import SimpleNamespace

import torch
from test_preferring import BETA, moved_and_start, pairs


def main():
    """Print TRL's loss of each pair, and the gradient's norm of their mean."""
    from trl.trainer.dpo_trainer import DPOTrainer
    from trl.trainer.utils import add_fused_lm_head

    model, start = moved_and_start()
    for one in (model, start):
        outputs = ("log_probs", "entropy", "mean_logits", "is_top1")
        add_fused_lm_head(one, outputs=outputs)
    trainer = SimpleNamespace(
        model=model,
        ref_model=start,
        beta=BETA,
        loss_types=["sigmoid"],
        loss_weights=[1.0],
        label_smoothing=0.0,
        f_divergence_type="reverse_kl",
        ld_alpha=None,
        aux_loss_enabled=False,
        precompute_ref_logps=False,
        use_weighting=False,
        args=SimpleNamespace(gradient_checkpointing_kwargs=None),
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
        _tp_size=1,
        accelerator=SimpleNamespace(
            device="cpu", gather=lambda x: x, gather_for_metrics=lambda x: x
        ),
    )
    loss = [
        DPOTrainer._compute_loss(trainer, model, _row(pair), False) for pair in pairs()
    ]
    shown = [round(float(one.detach()), 6) for one in loss]
    parameters = [p for p in model.parameters() if p.requires_grad]
    gradient = torch.autograd.grad(sum(loss) / len(loss), parameters)
    norm = torch.stack([g.norm() for g in gradient]).norm()
    sys.stdout.write(f"{shown}\n{float(norm):.6f}\n")


def _row(pair):
    both = (pair.preferred, pair.other)
    width = max(len(s.ids) for s in both)

    def padded(values, filler):
        return torch.tensor([[*v, *[filler] * (width - len(v))] for v in values])

    return {
        "input_ids": padded([s.ids for s in both], 0),
        "attention_mask": padded([[1] * len(s.ids) for s in both], 0),
        "completion_mask": padded([[int(k) for k in s.learned] for s in both], 0),
    }


if __name__ == "__main__":
    main()
