# Before, in another app: the same tuning job as a resource of Terraform's AWS provider.

resource "aws_sagemaker_hyper_parameter_tuning_job" "churn" {
  name = "churn-1"

  config {
    strategy = "Bayesian"

    objective {
      type        = "Maximize"
      metric_name = "validation:auc"
    }

    parameter_ranges {
      continuous_parameter_ranges {
        name      = "eta"
        min_value = "0"
        max_value = "1"
      }

      integer_parameter_ranges {
        name      = "max_depth"
        min_value = "1"
        max_value = "10"
      }
    }

    resource_limits {
      max_number_of_training_jobs = 20
      max_parallel_training_jobs  = 3
    }
  }

  training_job_definition {
    role_arn = "arn:aws:iam::111122223333:role/SageMakerRole"

    algorithm_specification {
      training_image      = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
      training_input_mode = "File"
    }

    dynamic "input_data_config" {
      for_each = ["train", "validation"]

      content {
        channel_name = input_data_config.value
        content_type = "csv"

        data_source {
          s3_data_source {
            s3_data_type = "S3Prefix"
            s3_uri       = "s3://amzn-s3-demo-bucket/${input_data_config.value}"
          }
        }
      }
    }

    output_data_config {
      s3_output_path = "s3://amzn-s3-demo-bucket/models"
    }

    resource_config {
      instance_type     = "ml.m5.xlarge"
      instance_count    = 1
      volume_size_in_gb = 10
    }

    stopping_condition {
      max_runtime_in_seconds = 3600
    }

    static_hyper_parameters = {
      objective   = "binary:logistic"
      eval_metric = "auc"
      num_round   = "100"
    }
  }
}
