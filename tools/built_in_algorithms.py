"""Writes the table of SageMaker's built-in algorithms. Run it with ``python -m tools.built_in_algorithms``.

The facts come from the developer guide (``GUIDE``): each algorithm's pages about its hyperparameters and its tuning,
and the pages that all share – "Parameters for Built-in Algorithms" (common-info-all-im-models.html), "Common
Data Formats for Training" (cdf-training.html), "Checkpoints in Amazon SageMaker AI" (model-checkpoints.html). What
XGBoost takes besides is in its container's own checks (https://github.com/aws/sagemaker-xgboost-container,
``algorithm_mode``). As of November 2026; the estimators of the SageMaker Python SDK 2.257 take the same.

A hyperparameter is a line: its name, with ``!`` if it must be given; its type – ``int``, ``float``, ``text`` or the
words that it takes, with ``|`` between alternatives; the interval that it must be in; after ``~`` how the guide
recommends to tune it, an interval or words (``*``: all that it takes); after ``if`` the values of another one with
which alone it must be given.

In ``only``, ``since`` and ``until``, a hyperparameter and a metric are named as such, and a value as ``name=value``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).resolve().parent.parent / "hpt_construct" / "built_in_algorithms.json"
GUIDE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/"

_LINE: Final = re.compile(
    r"(?P<name>\w+)(?P<required>!?) (?P<type>[^\s~]+)(?: (?P<within>[\[(][^~\])]*[\])]))?"
    r"(?: ~ (?P<tune>[\[(][^~\])]*[\])]|\S+))?(?: if (?P<condition>\w+)=(?P<values>\S+))?"
)
_RECORDS: Final = ("application/x-recordio-protobuf", "text/csv")
_IMAGES: Final = ("application/x-recordio", "application/x-image", "image/jpeg", "image/png")


@dataclass(frozen=True)
class Algorithm:
    """What the guide says of one."""

    page: str
    """The page of its hyperparameters."""
    hyperparameters: str
    tuning_page: str = ""
    maximize: str = ""
    """Metrics that are better the greater they are."""
    minimize: str = ""
    needs: str = "train"
    """Channels without which it doesn't train."""
    takes: str = ""
    """Channels beside them."""
    content_types: tuple[str, ...] = ()
    """Those of the channels train, validation and test; none: whatever it is."""
    pipe: bool = True
    """Whether it reads data in mode Pipe too."""
    processors: str = ""
    """CPU or GPU, if it runs on one of them only."""
    one_instance: bool = False
    checkpoints: str = ""
    """Repositories whose images keep checkpoints by themselves."""
    only: str = ""
    """Metrics and values that go with some values of a hyperparameter only: ``test:mse if predictor_type=regressor``;
    these may have ``*`` at the end.
    """
    since: str = ""
    """Versions, and what each is the first to have."""
    until: str = ""
    """Versions, and what each is the last to have."""


_LINEAR_LEARNER_METRICS: Final = (
    "binary_classification_accuracy binary_f_beta dcg macro_f_beta macro_precision macro_recall multiclass_accuracy "
    "multiclass_top_k_accuracy precision recall roc_auc_score"
)
_XGBOOST_MAXIMIZE: Final = (
    "accuracy auc aucpr balanced_accuracy f1 f1_binary f1_macro map ndcg precision precision_macro precision_micro r2 "
    "recall recall_macro recall_micro"
)
_XGBOOST_MINIMIZE: Final = (
    "aft-nloglik cox-nloglik error gamma-deviance gamma-nloglik interval-regression-accuracy logloss mae mape merror "
    "mlogloss mphe mse poisson-nloglik rmse rmsle tweedie-nloglik"
)

_XGBOOST_OBJECTIVES: Final = (
    "binary:hinge|binary:logistic|binary:logitraw|count:poisson|multi:softmax|multi:softprob|rank:map|rank:ndcg|"
    "rank:pairwise|reg:absoluteerror|reg:gamma|reg:linear|reg:logistic|reg:pseudohubererror|reg:squarederror|"
    "reg:squaredlogerror|reg:tweedie|survival:aft|survival:cox"
)


def _of(channel: str, names: str) -> str:
    return " ".join(f"{channel}:{name}" for name in names.split())


# As linear-learner-tuning.html says of each: "This objective metric is only valid for …"
_LINEAR_LEARNER_TASKS: Final = {
    "regressor": "absolute_loss mse",
    "binary_classifier": "binary_classification_accuracy binary_f_beta precision recall roc_auc_score",
    "multiclass_classifier": (
        "dcg macro_f_beta macro_precision macro_recall multiclass_accuracy multiclass_top_k_accuracy"
    ),
}


ALGORITHMS: Final = {
    "blazingtext": Algorithm(
        page="blazingtext_hyperparameters",
        tuning_page="blazingtext-tuning",
        maximize="train:mean_rho validation:accuracy",
        only="""
            train:mean_rho if mode=batch_skipgram|skipgram|cbow
            validation:accuracy if mode=supervised
        """,
        takes="validation model",
        hyperparameters="""
            mode! batch_skipgram|skipgram|cbow|supervised ~ *
            batch_size int [1, inf) ~ [8, 32]
            buckets int [1, inf) ~ [1000000, 10000000]
            early_stopping true|false
            epochs int [1, inf) ~ [5, 15]
            evaluation true|false
            learning_rate float (0, inf) ~ [0.005, 0.01]
            max_char int [1, inf)
            min_char int [1, inf)
            min_count int [0, inf) ~ [0, 100]
            min_epochs int [1, inf)
            negative_samples int [1, inf) ~ [5, 25]
            patience int [1, inf)
            sampling_threshold float (0, inf) ~ [0.0001, 0.001]
            subwords true|false
            vector_dim int [1, inf) ~ [32, 300]
            window_size int [1, inf) ~ [1, 10]
            word_ngrams int [1, inf) ~ [1, 3]
        """,
    ),
    "factorization-machines": Algorithm(
        page="fact-machines-hyperparameters",
        tuning_page="fm-tuning",
        maximize="test:binary_classification_accuracy test:binary_f_beta",
        minimize="test:rmse test:binary_classification_cross_entropy",
        only="""
            test:rmse if predictor_type=regressor
            test:binary_classification_accuracy if predictor_type=binary_classifier
            test:binary_classification_cross_entropy if predictor_type=binary_classifier
            test:binary_f_beta if predictor_type=binary_classifier
        """,
        takes="test",
        content_types=_RECORDS[:1],
        hyperparameters="""
            feature_dim! int [1, inf)
            num_factors! int [1, inf)
            predictor_type! binary_classifier|regressor
            bias_init_method uniform|normal|constant
            bias_init_scale float [0, inf) ~ [1e-8, 512]
            bias_init_sigma float [0, inf) ~ [1e-8, 512]
            bias_init_value float ~ [1e-8, 512]
            bias_lr float [0, inf) ~ [1e-8, 512]
            bias_wd float [0, inf) ~ [1e-8, 512]
            clip_gradient float
            epochs int [1, inf) ~ [1, 1000]
            eps float
            factors_init_method uniform|normal|constant
            factors_init_scale float [0, inf) ~ [1e-8, 512]
            factors_init_sigma float [0, inf) ~ [1e-8, 512]
            factors_init_value float ~ [1e-8, 512]
            factors_lr float [0, inf) ~ [1e-8, 512]
            factors_wd float [0, inf) ~ [1e-8, 512]
            linear_init_method uniform|normal|constant
            linear_init_scale float [0, inf) ~ [1e-8, 512]
            linear_init_sigma float [0, inf) ~ [1e-8, 512]
            linear_init_value float ~ [1e-8, 512]
            linear_lr float [0, inf) ~ [1e-8, 512]
            linear_wd float [0, inf) ~ [1e-8, 512]
            mini_batch_size int [1, inf) ~ [100, 10000]
            rescale_grad float
        """,
    ),
    "forecasting-deepar": Algorithm(
        page="deepar_hyperparameters",
        tuning_page="deepar-tuning",
        minimize="test:RMSE test:mean_wQuantileLoss train:final_loss",
        takes="test",
        pipe=False,
        hyperparameters="""
            context_length! int [1, inf) ~ [1, 200]
            epochs! int [1, inf) ~ [1, 1000]
            prediction_length! int [1, inf)
            time_freq! text
            cardinality text
            dropout_rate float [0, 1] ~ [0.00, 0.2]
            early_stopping_patience int
            embedding_dimension int [1, inf) ~ [1, 50]
            learning_rate float (0, inf) ~ [1e-5, 1e-1]
            likelihood gaussian|beta|negative-binomial|student-T|deterministic-L1
            mini_batch_size int [1, inf) ~ [32, 1028]
            num_cells int [1, inf) ~ [30, 200]
            num_dynamic_feat text
            num_eval_samples int
            num_layers int [1, inf) ~ [1, 8]
            test_quantiles text
        """,
    ),
    "image-classification": Algorithm(
        page="IC-Hyperparameter",
        tuning_page="IC-tuning",
        maximize="validation:accuracy",
        needs="train validation",
        takes="train_lst validation_lst model",
        content_types=_IMAGES,
        processors="GPU",
        checkpoints="image-classification",
        hyperparameters="""
            num_classes! int [1, inf)
            num_training_samples! int [1, inf)
            augmentation_type crop|crop_color|crop_color_transform
            beta_1 float [0, 1] ~ [1e-6, 0.999]
            beta_2 float [0, 1] ~ [1e-6, 0.999]
            checkpoint_frequency int [1, inf)
            early_stopping true|false
            early_stopping_min_epochs int [1, inf)
            early_stopping_patience int [1, inf)
            early_stopping_tolerance float [0, 1]
            epochs int [1, inf)
            eps float [0, 1] ~ [1e-8, 1.0]
            gamma float [0, 1] ~ [1e-8, 0.999]
            image_shape text
            kv_store dist_sync|dist_async
            learning_rate float [0, 1] ~ [1e-6, 0.5]
            lr_scheduler_factor float [0, 1]
            lr_scheduler_step text
            mini_batch_size int [1, inf) ~ [8, 512]
            momentum float [0, 1] ~ [0.0, 0.999]
            multi_label int [0, 1]
            num_layers int [1, inf)
            optimizer sgd|adam|rmsprop|nag ~ *
            precision_dtype float32|float16
            resize int [1, inf)
            top_k int [2, inf)
            use_pretrained_model int [0, 1]
            use_weighted_loss int [0, 1]
            weight_decay float [0, 1] ~ [0.0, 0.999]
        """,
    ),
    "ipinsights": Algorithm(
        page="ip-insights-hyperparameters",
        tuning_page="ip-insights-tuning",
        maximize="validation:discriminator_auc",
        takes="validation",
        content_types=_RECORDS[1:],
        pipe=False,
        hyperparameters="""
            num_entity_vectors! int [1, 250000000] ~ [10000, 1000000]
            vector_dim! int [4, 4096] ~ [8, 256]
            batch_metrics_publish_interval int [1, inf)
            epochs int [1, inf) ~ [1, 100]
            learning_rate float [1e-6, 10.0] ~ [1e-4, 0.1]
            mini_batch_size int [1, 500000] ~ [100, 50000]
            num_ip_encoder_layers int [0, 100] ~ [1, 10]
            random_negative_sampling_rate int [0, 500] ~ [0, 10]
            shuffled_negative_sampling_rate int [0, 500] ~ [0, 10]
            weight_decay float [0.0, 10.0] ~ [0.0, 1.0]
        """,
    ),
    "kmeans": Algorithm(
        page="k-means-api-config",
        tuning_page="k-means-tuning",
        minimize="test:msd test:ssd",
        takes="test",
        content_types=_RECORDS,
        # The SDK's estimator sends force_dense with every job.
        hyperparameters="""
            feature_dim! int [1, inf)
            k! int [1, inf)
            epochs int [1, inf) ~ [1, 10]
            eval_metrics text
            extra_center_factor auto|int [1, inf) ~ [4, 10]
            force_dense true|false
            half_life_time_size int [0, inf)
            init_method random|kmeans++ ~ *
            local_lloyd_init_method random|kmeans++
            local_lloyd_max_iter int [1, inf)
            local_lloyd_num_trials auto|int [1, inf)
            local_lloyd_tol float [0, 1]
            mini_batch_size int [1, inf) ~ [3000, 15000]
        """,
    ),
    "knn": Algorithm(
        page="kNN_hyperparameters",
        tuning_page="kNN-tuning",
        maximize="test:accuracy",
        minimize="test:mse",
        only="""
            test:accuracy if predictor_type=classifier
            test:mse if predictor_type=regressor
        """,
        takes="test",
        content_types=_RECORDS,
        hyperparameters="""
            feature_dim! int [1, inf)
            k! int [1, inf) ~ [1, 1024]
            predictor_type! classifier|regressor
            sample_size! int [1, inf) ~ [256, 20000000]
            dimension_reduction_target! int [1, inf) if dimension_reduction_type=sign|fjlt
            dimension_reduction_type sign|fjlt
            faiss_index_ivf_nlists auto|int [1, inf)
            faiss_index_pq_m int [1, 96]
            index_metric L2|INNER_PRODUCT|COSINE
            index_type faiss.Flat|faiss.IVFFlat|faiss.IVFPQ
            mini_batch_size int [1, inf)
        """,
    ),
    "lda": Algorithm(
        page="lda_hyperparameters",
        tuning_page="lda-tuning",
        maximize="test:pwll",
        takes="test",
        content_types=_RECORDS,
        processors="CPU",
        one_instance=True,
        hyperparameters="""
            feature_dim! int [1, inf)
            mini_batch_size! int [1, inf)
            num_topics! int [1, inf) ~ [1, 150]
            alpha0 float (0, inf) ~ [0.1, 10]
            max_iterations int [1, inf)
            max_restarts int [1, inf)
            tol float (0, inf)
        """,
    ),
    "linear-learner": Algorithm(
        page="ll_hyperparameters",
        tuning_page="linear-learner-tuning",
        maximize=f"{_of('test', _LINEAR_LEARNER_METRICS)} {_of('validation', _LINEAR_LEARNER_METRICS)}",
        minimize=f"{_of('test', 'absolute_loss mse objective_loss')} "
        f"{_of('validation', 'absolute_loss mse objective_loss')}",
        only="\n".join(
            f"{channel}:{metric} if predictor_type={task}"
            for task, metrics in _LINEAR_LEARNER_TASKS.items()
            for metric in metrics.split()
            for channel in ("test", "validation")
        ),
        takes="validation test",
        content_types=_RECORDS,
        hyperparameters="""
            predictor_type! binary_classifier|multiclass_classifier|regressor
            num_classes! int [3, 1000000] if predictor_type=multiclass_classifier
            accuracy_top_k int [1, inf)
            balance_multiclass_weights true|false
            beta_1 auto|float [0, 1]
            beta_2 auto|float [0, 1]
            bias_lr_mult auto|float (0, inf)
            bias_wd_mult auto|float [0, inf)
            binary_classifier_model_selection_criteria text
            early_stopping_patience int [1, inf)
            early_stopping_tolerance float (0, inf)
            epochs int [1, inf)
            f_beta float (0, inf)
            feature_dim auto|int [1, inf)
            huber_delta float [0, inf)
            init_bias float
            init_method uniform|normal
            init_scale float (0, inf)
            init_sigma float (0, inf)
            l1 auto|float [0, inf) ~ [1e-7, 1]
            learning_rate auto|float (0, inf) ~ [1e-5, 1]
            loss text
            loss_insensitivity float (0, inf)
            lr_scheduler_factor auto|float (0, 1)
            lr_scheduler_minimum_lr auto|float (0, inf)
            lr_scheduler_step auto|int [1, inf)
            margin float [0, inf)
            mini_batch_size int [1, inf) ~ [100, 5000]
            momentum auto|float [0, 1)
            normalize_data auto|true|false
            normalize_label auto|true|false
            num_calibration_samples auto|int [1, inf)
            num_models auto|int [1, inf)
            num_point_for_scaler int [1, inf)
            optimizer auto|sgd|adam|rmsprop
            positive_example_weight_mult auto|balanced|float (0, inf) ~ [1e-5, 1e5]
            quantile float (0, 1)
            target_precision float (0, 1)
            target_recall float (0, 1)
            unbias_data auto|true|false
            unbias_label auto|true|false
            use_bias true|false ~ *
            use_lr_scheduler true|false
            wd auto|float [0, inf) ~ [1e-7, 1]
        """,
    ),
    "ntm": Algorithm(
        page="ntm_hyperparameters",
        tuning_page="ntm-tuning",
        minimize="validation:total_loss",
        takes="validation test auxiliary",
        content_types=_RECORDS,
        hyperparameters="""
            feature_dim! int [1, 1000000]
            num_topics! int [2, 1000]
            batch_norm true|false
            clip_gradient float [1e-3, inf)
            encoder_layers text
            encoder_layers_activation sigmoid|tanh|relu ~ *
            epochs int [1, inf)
            learning_rate float [1e-6, 1.0] ~ [1e-4, 0.1]
            mini_batch_size int [1, 10000] ~ [16, 2048]
            num_patience_epochs int [1, inf)
            optimizer sgd|adam|adagrad|adadelta|rmsprop ~ sgd|adam|adadelta
            rescale_gradient float [1e-3, 1.0] ~ [0.1, 1.0]
            sub_sample float [0.0, 1.0]
            tolerance float [1e-6, 0.1]
            weight_decay float [0.0, 1.0] ~ [0.0, 1.0]
        """,
    ),
    "object-detection": Algorithm(
        page="object-detection-api-config",
        tuning_page="object-detection-tuning",
        maximize="validation:mAP",
        needs="train validation",
        takes="train_annotation validation_annotation model",
        content_types=_IMAGES,
        processors="GPU",
        checkpoints="object-detection",
        hyperparameters="""
            num_classes! int [1, inf)
            num_training_samples! int [1, inf)
            base_network vgg-16|resnet-50
            early_stopping true|false
            early_stopping_min_epochs int [1, inf)
            early_stopping_patience int [1, inf)
            early_stopping_tolerance float [0, 1]
            epochs int [1, inf)
            freeze_layer_pattern text
            image_shape int [300, inf)
            kv_store dist_sync|dist_async
            label_width int [1, inf)
            learning_rate float (0, 1] ~ [1e-6, 0.5]
            lr_scheduler_factor float (0, 1)
            lr_scheduler_step text
            mini_batch_size int [1, inf) ~ [8, 64]
            momentum float [0, 1] ~ [0.0, 0.999]
            nms_threshold float (0, 1]
            optimizer sgd|adam|rmsprop|adadelta ~ *
            overlap_threshold float (0, 1]
            use_pretrained_model int [0, 1]
            weight_decay float [0, 1) ~ [0.0, 0.999]
        """,
    ),
    "object2vec": Algorithm(
        page="object2vec-hyperparameters",
        tuning_page="object2vec-tuning",
        maximize="test:accuracy validation:accuracy",
        minimize="test:cross_entropy validation:cross_entropy test:mean_squared_error validation:mean_squared_error",
        only="""
            test:accuracy if output_layer=softmax
            validation:accuracy if output_layer=softmax
            test:cross_entropy if output_layer=softmax
            validation:cross_entropy if output_layer=softmax
            test:mean_squared_error if output_layer=mean_squared_error
            validation:mean_squared_error if output_layer=mean_squared_error
        """,
        takes="validation test auxiliary",
        content_types=("application/jsonlines",),
        pipe=False,
        one_instance=True,
        hyperparameters="""
            enc0_max_seq_len! int [1, 5000]
            enc0_vocab_size! int [2, 3000000]
            bucket_width int [0, 100]
            comparator_list text
            dropout float [0.0, 1.0] ~ [0.0, 1.0]
            early_stopping_patience int [1, 5] ~ [1, 5]
            early_stopping_tolerance float [0.000001, 0.1] ~ [0.001, 0.1]
            enc0_cnn_filter_width int [1, 9] ~ [1, 5]
            enc0_freeze_pretrained_embedding true|false
            enc0_layers auto|int [1, 4] ~ [1, 4]
            enc0_network hcnn|bilstm|pooled_embedding
            enc0_pretrained_embedding_file text
            enc0_token_embedding_dim int [2, 1000] ~ [5, 300]
            enc0_vocab_file text
            enc1_cnn_filter_width int [1, 9] ~ [1, 5]
            enc1_freeze_pretrained_embedding true|false
            enc1_layers auto|int [1, 4] ~ [1, 4]
            enc1_max_seq_len int [1, 5000]
            enc1_network enc0|hcnn|bilstm|pooled_embedding
            enc1_pretrained_embedding_file text
            enc1_token_embedding_dim int [2, 1000] ~ [5, 300]
            enc1_vocab_file text
            enc1_vocab_size int [2, 3000000]
            enc_dim int [4, 10000] ~ [4, 4096]
            epochs int [1, 100] ~ [4, 20]
            learning_rate float [1e-6, 1.0] ~ [1e-6, 1.0]
            mini_batch_size int [1, 10000] ~ [1, 8192]
            mlp_activation tanh|relu|linear ~ *
            mlp_dim int [2, 10000] ~ [16, 1024]
            mlp_layers int [0, 10] ~ [1, 4]
            negative_sampling_rate int [0, inf)
            num_classes int [2, 30]
            optimizer adadelta|adagrad|adam|sgd|rmsprop ~ *
            output_layer softmax|mean_squared_error
            tied_token_embedding_weight true|false
            token_embedding_storage_type dense|row_sparse
            weight_decay float [0, 10000] ~ [0.0, 1.0]
        """,
    ),
    "pca": Algorithm(
        page="PCA-reference",
        takes="test",
        content_types=_RECORDS,
        hyperparameters="""
            feature_dim! int [1, inf)
            mini_batch_size! int [1, inf)
            num_components! int [1, inf)
            algorithm_mode regular|randomized
            extra_components int [-1, inf)
            subtract_mean true|false
        """,
    ),
    "randomcutforest": Algorithm(
        page="rcf_hyperparameters",
        tuning_page="random-cut-forest-tuning",
        maximize="test:f1",
        takes="test",
        content_types=_RECORDS,
        processors="CPU",
        # The SDK's estimator sends mini_batch_size with every job.
        hyperparameters="""
            feature_dim! int [1, 10000]
            eval_metrics text
            mini_batch_size int [1, inf)
            num_samples_per_tree int [1, 2048] ~ [1, 2048]
            num_trees int [50, 1000] ~ [50, 1000]
        """,
    ),
    "semantic-segmentation": Algorithm(
        page="segmentation-hyperparameters",
        tuning_page="semantic-segmentation-tuning",
        maximize="validation:mIOU validation:pixel_accuracy",
        needs="train validation",
        takes="train_annotation validation_annotation label_map model",
        content_types=_IMAGES,
        processors="GPU",
        one_instance=True,
        checkpoints="semantic-segmentation",
        hyperparameters="""
            num_classes! int [2, 254]
            num_training_samples! int [1, inf)
            algorithm fcn|psp|deeplab
            backbone resnet-50|resnet-101
            base_size int [16, inf)
            crop_size int [16, inf)
            early_stopping true|false
            early_stopping_min_epochs int
            early_stopping_patience int
            early_stopping_tolerance float [0, 1]
            epochs int [1, inf)
            gamma1 float [0, 1]
            gamma2 float [0, 1]
            learning_rate float (0, 1] ~ [1e-4, 1e-1]
            lr_scheduler step|poly|cosine
            lr_scheduler_factor float [0, 1]
            lr_scheduler_step text
            mini_batch_size int [1, inf) ~ [1, 128]
            momentum float (0, 1] ~ [0.9, 0.999]
            optimizer sgd|adam|adagrad|adadelta|nag|rmsprop ~ sgd|adam|adadelta
            syncbn true|false
            use_pretrained_model true|false
            validation_mini_batch_size int [1, inf)
            weight_decay float (0, 1) ~ [1e-5, 1e-3]
        """,
    ),
    "seq2seq": Algorithm(
        page="seq-2-seq-hyperparameters",
        tuning_page="seq-2-seq-tuning",
        maximize="validation:accuracy validation:bleu",
        minimize="validation:perplexity",
        needs="train validation vocab",
        content_types=_RECORDS[:1],
        pipe=False,
        processors="GPU",
        one_instance=True,
        hyperparameters="""
            batch_size int [1, inf) ~ 16|32|64|128|256|512|1024|2048
            beam_size int [1, inf)
            bleu_sample_size int
            bucket_width int [1, inf)
            bucketing_enabled true|false
            checkpoint_frequency_num_batches int [1, inf)
            checkpoint_threshold int [1, inf)
            clip_gradient float ~ [1.0, 5.0]
            cnn_activation_type glu|relu|softrelu|sigmoid|tanh
            cnn_hidden_dropout float [0, 1] ~ [0.0, 0.5]
            cnn_kernel_width_decoder int [1, inf)
            cnn_kernel_width_encoder int [1, inf)
            cnn_num_hidden int [1, inf) ~ 128|256|512|1024|2048
            decoder_type rnn|cnn
            embed_dropout_source float [0, 1] ~ [0.0, 0.5]
            embed_dropout_target float [0, 1] ~ [0.0, 0.5]
            encoder_type rnn|cnn
            fixed_rate_lr_half_life int [1, inf) ~ [10, 30]
            learning_rate float ~ [0.00005, 0.2]
            loss_type cross-entropy
            lr_scheduler_type plateau_reduce|fixed_rate_inv_t|fixed_rate_inv_sqrt_t ~ *
            max_num_batches int
            max_num_epochs int [1, inf)
            max_seq_len_source int [1, inf)
            max_seq_len_target int [1, inf)
            momentum float ~ [0.5, 0.9]
            num_embed_source int [1, inf) ~ [256, 512]
            num_embed_target int [1, inf) ~ [256, 512]
            num_layers_decoder int [1, inf) ~ [1, 10]
            num_layers_encoder int [1, inf) ~ [1, 10]
            optimized_metric perplexity|accuracy|bleu
            optimizer_type adam|sgd|rmsprop ~ *
            plateau_reduce_lr_factor float ~ [0.1, 0.5]
            plateau_reduce_lr_threshold int [1, inf) ~ [1, 5]
            rnn_attention_in_upper_layers true|false
            rnn_attention_num_hidden int [1, inf)
            rnn_attention_type dot|fixed|mlp|bilinear
            rnn_cell_type lstm|gru
            rnn_decoder_hidden_dropout float [0, 1] ~ [0.0, 0.5]
            rnn_decoder_state_init last|avg|zero
            rnn_first_residual_layer int [1, inf)
            rnn_num_hidden int [1, inf) ~ 128|256|512|1024|2048
            rnn_residual_connections true|false
            training_metric perplexity|accuracy
            weight_decay float ~ [0.0, 0.1]
            weight_init_scale float ~ [2.0, 3.0]
            weight_init_type uniform|xavier ~ *
            xavier_factor_type in|out|avg
        """,
    ),
    "xgboost": Algorithm(
        page="xgboost_hyperparameters",
        tuning_page="xgboost-tuning",
        maximize=_of("validation", _XGBOOST_MAXIMIZE),
        minimize=_of("validation", _XGBOOST_MINIMIZE),
        takes="validation code",
        content_types=(
            "text/csv", "csv", "text/libsvm", "text/x-libsvm", "libsvm", "application/x-parquet", "parquet",
            "application/x-recordio-protobuf", "recordio-protobuf",
        ),
        checkpoints="sagemaker-xgboost",
        # Two pairs of metrics are of other tasks: "label and prediction size not match, hint: use merror or mlogloss
        # for multi-class classification", says XGBoost. The last two are in the container's checks.
        only="""
            validation:merror if objective=multi:*
            validation:mlogloss if objective=multi:*
            validation:error if objective=binary:*|reg:*|rank:*|count:*|survival:*
            validation:logloss if objective=binary:*|reg:*|rank:*|count:*|survival:*
            eval_metric=auc if objective=binary:*|rank:*
            eval_metric=aft-nloglik if objective=survival:aft
        """,
        # From the branch of each version in the container's repository; the older container of version 1 is not public.
        since="""
            0.90-2 learning_rate min_split_loss num_parallel_tree reg_alpha reg_lambda
            1.0-1 validation:rmsle objective=reg:squaredlogerror interaction_constraints monotone_constraints
            1.0-1 save_model_on_termination
            1.2-1 validation:aft-nloglik validation:interval-regression-accuracy validation:mphe validation:r2
            1.2-1 objective=reg:pseudohubererror objective=survival:aft tree_method=gpu_hist deterministic_histogram
            1.2-1 aft_loss_distribution aft_loss_distribution_scale single_precision_histogram
            1.2-2 validation:f1_binary validation:f1_macro
            1.3-1 validation:balanced_accuracy validation:mape validation:precision validation:precision_macro
            1.3-1 validation:precision_micro validation:recall validation:recall_macro validation:recall_micro
            1.3-1 prob_buffer_row sampling_method
            1.5-1 use_dask_gpu_training
            1.7-1 objective=reg:absoluteerror
        """,
        until="""
            1.0-1 silent
            1.5-1 single_precision_histogram
        """,
        # silent is of version 1; the four other names of eta, gamma, lambda and alpha are the container's.
        hyperparameters=f"""
            num_round! int [1, inf) ~ [1, 4000]
            num_class! int [2, inf) if objective=multi:softmax|multi:softprob
            aft_loss_distribution normal|logistic|extreme
            aft_loss_distribution_scale float [0, inf)
            alpha float [0, inf) ~ [0, 1000]
            base_score float
            booster gbtree|gblinear|dart
            colsample_bylevel float [0, 1] ~ [0.1, 1]
            colsample_bynode float [0, 1] ~ [0.1, 1]
            colsample_bytree float [0, 1] ~ [0.5, 1]
            csv_weights int [0, 1]
            deterministic_histogram true|false
            dsplit row|col
            early_stopping_rounds int [1, inf)
            eta float [0, 1] ~ [0.1, 0.5]
            eval_metric text
            gamma float [0, inf) ~ [0, 5]
            grow_policy depthwise|lossguide
            interaction_constraints text
            lambda float [0, inf) ~ [0, 1000]
            lambda_bias float [0, 1]
            learning_rate float [0, 1] ~ [0.1, 0.5]
            max_bin int [0, inf)
            max_delta_step float [0, inf) ~ [0, 10]
            max_depth int [0, inf) ~ [0, 10]
            max_leaves int [0, inf)
            min_child_weight float [0, inf) ~ [0, 120]
            min_split_loss float [0, inf) ~ [0, 5]
            monotone_constraints text
            normalize_type tree|forest
            nthread int [1, inf)
            num_parallel_tree int [1, inf)
            objective {_XGBOOST_OBJECTIVES}
            one_drop int [0, 1]
            precision_dtype text
            predictor auto|cpu_predictor|gpu_predictor
            prob_buffer_row float
            process_type default|update
            rate_drop float [0, 1]
            refresh_leaf int [0, 1]
            reg_alpha float [0, inf) ~ [0, 1000]
            reg_lambda float [0, inf) ~ [0, 1000]
            sample_type uniform|weighted
            sampling_method uniform|gradient_based
            save_model_on_termination true|false
            scale_pos_weight float
            seed int
            silent int [0, 1]
            single_precision_histogram true|false
            sketch_eps float [0, 1]
            skip_drop float [0, 1]
            subsample float [0, 1] ~ [0.5, 1]
            tree_method auto|exact|approx|hist|gpu_hist
            tweedie_variance_power float (1, 2)
            updater text
            use_dask_gpu_training true|false
            verbosity int [0, 3]
        """,
    ),
}  # fmt: skip


def hyperparameter(line: str) -> tuple[str, dict[str, Any]]:
    """The name of a line, and what it says."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a line of the table: {line!r}")
    words = found["type"].split("|")
    kinds = {"int": "integer", "float": "continuous", "text": "text"}
    kind = next((kinds[word] for word in words if word in kinds), "categorical")
    row: dict[str, Any] = {"kind": kind}
    if values := [word for word in words if word not in kinds]:
        row["values"] = values
    if found["within"]:
        row["within"] = found["within"]
    if found["tune"]:
        row["tune"] = found["type"] if found["tune"] == "*" else found["tune"]
    if found["condition"]:
        row["required"] = {found["condition"]: found["values"].split("|")}
    elif found["required"]:
        row["required"] = True
    return found["name"], row


def _condition(line: str) -> tuple[str, dict[str, list[str]]]:
    """What goes with some values of a hyperparameter only, and these."""
    what, _, condition = line.partition(" if ")
    name, _, values = condition.partition("=")
    return what, {name: values.split("|")}


def _versions(lines: str) -> dict[str, str]:
    """The version of each name."""
    return {name: version for version, *names in map(str.split, lines.strip().splitlines()) for name in names}


def table(algorithms: dict[str, Algorithm]) -> dict[str, Any]:
    """What the construct reads."""
    return {
        name: {
            "pages": [f"{GUIDE}{page}.html" for page in (each.page, each.tuning_page or each.page)],
            "metrics": {
                **dict.fromkeys(each.maximize.split(), "Maximize"),
                **dict.fromkeys(each.minimize.split(), "Minimize"),
            },
            "needs": each.needs.split(),
            "takes": each.takes.split(),
            "content_types": list(each.content_types),
            "modes": ["File", "Pipe"] if each.pipe else ["File"],
            "processors": each.processors,
            "one_instance": each.one_instance,
            "checkpoints": each.checkpoints,
            "only": dict(_condition(line.strip()) for line in each.only.strip().splitlines()),
            "since": _versions(each.since),
            "until": _versions(each.until),
            "hyperparameters": dict(hyperparameter(line.strip()) for line in each.hyperparameters.strip().splitlines()),
        }
        for name, each in algorithms.items()
    }


def text(made: dict[str, Any]) -> str:
    """The file's text, a line per fact and per hyperparameter."""
    sections = []
    for name, facts in made.items():
        lines = [f"    {json.dumps(fact)}: {json.dumps(value)}" for fact, value in facts.items()][:-1]
        known = facts["hyperparameters"].items()
        rows = ",\n".join(f"      {json.dumps(each)}: {json.dumps(row)}" for each, row in known)
        lines.append(f'    "hyperparameters": {{\n{rows}\n    }}')
        sections.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(text(table(ALGORITHMS)), encoding="ascii", newline="\n")
